/** The same page, where no proxy runs. */
export { default } from '../../component/page'
