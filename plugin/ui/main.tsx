import './style/theme.css';
