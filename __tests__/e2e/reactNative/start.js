// In the order of an app's start.
import './native/index'
import 'react-native/Libraries/Core/InitializeCore'
import './app/main'
